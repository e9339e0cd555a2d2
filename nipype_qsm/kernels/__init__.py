"""Functions from arrays to arrays: one room per step, in the order of the dataflow. No files, no Nipype."""
