"""What people see and press: Components V2 layouts, and buttons that survive a restart.

`text` writes strings, `press` is what all buttons share, `status`, `result`, `picture`, `history`, `gallery` and
`modlog` are layouts with their buttons, and `reply` edits one answer over time.
"""
