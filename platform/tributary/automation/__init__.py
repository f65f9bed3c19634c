"""Automation: the sensors and schedules that act without being asked. Each is a thin shell around a pure decision
function that its source owns.
"""
