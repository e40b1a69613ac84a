"""The container's figures, measured in separate processes: what such a process takes is the container's alone."""
