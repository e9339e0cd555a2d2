"""Reading phase as it was declared, and recognising scanner faults."""
