"""Reports upwards: compliance tables and letters. A room of the layout; nothing is reported yet."""
