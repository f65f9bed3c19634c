/*
description: $description
grain: $grain
columns:
$columns
checks:
$checks
*/
select
$select
from $read
