"""What Unmask costs: measured on clips that are made on the way, beside a plain baseline and beside the limit."""
