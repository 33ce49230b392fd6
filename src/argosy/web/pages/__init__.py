"""What the pages of the shop and of the back office share: templates, assets, forms, guards."""
