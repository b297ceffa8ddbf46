"""TwinSpace RT: real-time rooms for school projects across borders."""

__version__ = "0.1.0"
