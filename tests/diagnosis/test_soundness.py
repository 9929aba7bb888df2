"""What was logged of a scenario is diagnosed to scenarios of which it is one; what contradicts itself is named."""

import random

import pytest
from diagnosis.logs import agrees, logged, random_scenario

from raslib.diagnosis.evidence import constraints, tells
from raslib.diagnosis.gather import gather

SEEDS = range(120)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_scenario_that_was_logged_agrees_with_its_log(seed):
    """Of each release, of whole logs and of logs with lines missing."""
    rng = random.Random(seed)
    for _ in range(10):
        s = random_scenario(rng)
        if text := logged(s, seed):
            break
    try:
        gathered = gather([text])
    except ValueError:
        return  # nothing in it tells of an error
    for event in gathered.events:
        if tells(event):
            found = constraints(event, gathered)
            assert agrees(s, found), (s.token(), text, [c for c in found if not agrees(s, [c])])
