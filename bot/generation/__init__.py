"""One request from prompt to delivered grid."""
