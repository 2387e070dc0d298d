"""`wxlint lsp`: findings while somebody types, for editors that speak the language server protocol."""
