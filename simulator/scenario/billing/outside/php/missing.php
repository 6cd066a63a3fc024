<?php
/* What is not stood in for says so, whoever catches it. */

final class RackloopMissing extends RuntimeException
{
    public static ?string $last = null;

    public static function of(string $what): self
    {
        self::$last = "the module uses $what, which is not stood in for";
        return new self(self::$last);
    }
}
