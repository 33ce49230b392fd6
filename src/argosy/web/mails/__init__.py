"""What mails say: templates of `templates/mails`, which a theme may replace like those of pages."""
