"""Other graders, run in a cage on the attacks that our own tests hand in."""
