"""What a network answers where some of its concepts are set to what is known of them, and which to ask for next."""
