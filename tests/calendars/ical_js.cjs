// Reads feeds with Thunderbird's ical.js: a JSON string a line in, what was read as JSON a line out.
// The path of the library is the first argument.
const ICAL = require(process.argv[2]);
const lines = require("node:readline").createInterface({ input: process.stdin });

function item(component) {
  const todo = component.name === "vtodo";
  const value = (name) => component.getFirstPropertyValue(name);
  const day = (name) => value(name).toString();
  const categories = component.getFirstProperty("categories");
  const properties = component.getAllProperties().map((property) => property.name.toUpperCase());
  return {
    uid: value("uid"),
    component: component.name.toUpperCase(),
    summary: value("summary"),
    description: value("description") ?? "",
    start: todo ? null : day("dtstart"),
    end: day(todo ? "due" : "dtend"),
    categories: categories ? categories.getValues() : [],
    status: value("status"),
    sequence: value("sequence"),
    alarms: component.getAllSubcomponents("valarm").map((alarm) => alarm.getFirstPropertyValue("trigger").toSeconds()),
    names: properties.sort(),
  };
}

lines.on("line", (line) => {
  let answer;
  try {
    const calendar = new ICAL.Component(ICAL.parse(JSON.parse(line)));
    const shown = calendar.getAllSubcomponents().filter((found) => ["vevent", "vtodo"].includes(found.name));
    answer = { name: calendar.getFirstPropertyValue("name"), items: shown.map(item) };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
});
