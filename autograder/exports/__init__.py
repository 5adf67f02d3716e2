"""Results in the forms that other systems read: a module a form, pure functions from results."""
