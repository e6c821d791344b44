"""What the Start page shows: an autoencoder in one picture, and doors to the other pages."""
