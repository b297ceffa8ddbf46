"""TwinSpace RT: real-time rooms for school projects across borders."""
