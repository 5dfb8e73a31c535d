"""What steps share: how trails, table, log files and Event history are looked at."""
