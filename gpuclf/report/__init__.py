"""What gpuclf shows people: tables and progress on a terminal, and pages."""
