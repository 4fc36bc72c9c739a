"""What people see and press: Components V2 layouts, and buttons that survive a restart.

`text` writes strings; `custom_id` and `press` are what all buttons share; `client` is what they ask of the bot;
`status`, `result`, `picture`, `history`, `gallery` and `modlog` are layouts with their buttons, and `reply` edits one
answer over time, by the ways that `answer_message` knows.
"""
