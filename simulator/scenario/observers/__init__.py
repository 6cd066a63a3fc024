"""Who looks on in a scenario: the panels' administrators and somebody who stands in the hall."""
