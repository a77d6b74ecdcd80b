"""From ledger to wire: stages and policies, composing, MIME, outlets and delivery. Decides nothing about plans or people."""
