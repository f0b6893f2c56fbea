"""What `make bench` measures. Each prints its data and figures; nothing here is asserted, and pytest reads none."""
