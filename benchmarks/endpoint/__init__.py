"""The container's figures, measured in processes of their own: what such a process takes is the container's alone."""
