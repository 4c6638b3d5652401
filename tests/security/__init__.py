"""What is tried, scanned and counted against the threats of docs/topics/threat-model.md."""
