"""Long work beside the pages: in processes of their own, or in threads of the server."""
