"""GitHub workflows and composite actions, and the expressions in them; nothing is evaluated that is not known."""
