"""Who decides what: the actors between an error and its outcome, each by the rules that bind it."""
