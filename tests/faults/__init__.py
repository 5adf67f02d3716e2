"""What breaks around a grader - killed processes, full disks, clocks - and that nothing is lost."""
