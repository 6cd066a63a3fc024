<?php
/* The same module with one mistake: an order that failed keeps what it has taken, the server, its owner and its address. */

$careful = "            if (\$id) {\n                rackmate_give_back(\$params, \$id);\n            }\n";
$source = file_get_contents(__DIR__ . '/../rackmate/rackmate.php');
assert(str_contains($source, $careful));
eval('?>' . str_replace([$careful, '__DIR__'], ['', "__DIR__ . '/../rackmate'"], $source));
