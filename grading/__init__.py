"""Grading: exercises with their catalogues of mistakes, a judge, and the course's gradebook."""
