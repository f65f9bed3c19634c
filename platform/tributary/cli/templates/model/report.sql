/*
title: $title
description: $description
grain: $grain
parameters:
$parameters
columns:
$columns
*/
select
$select
from $read
where
$condition
