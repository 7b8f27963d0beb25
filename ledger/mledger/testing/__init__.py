"""What users test with: a simulator, contract suites, a tamper catalogue."""
