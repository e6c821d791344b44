"""What the Help page shows: words, a card for each method, and guides."""
