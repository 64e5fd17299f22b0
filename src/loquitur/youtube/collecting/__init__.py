"""What a job has brought so far, kept on the disk: killed, stopped by a quota, it goes on there."""
