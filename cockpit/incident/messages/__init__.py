"""Messages to customers, management and authorities, filled from the incident."""
