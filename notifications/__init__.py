"""From ledger to wire: stages and policies, composing, MIME, outlets and delivery. It changes no plan."""
