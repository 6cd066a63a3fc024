<?php
/*
 * The module's own clock is the lab's: these take the place of PHP's functions of the same names, which are disabled (php -d
 * disable_functions=...). To sleep is to move the lab's clock.
 */

final class RackloopClock
{
    private static function ask(?float $seconds): array
    {
        if ($seconds === null) {
            $clock = json_decode((string) @file_get_contents((string) getenv('RACKLOOP_CLOCK_FILE')), true);
            if (is_array($clock)) {
                return $clock;
            }
        }
        $url = getenv('RACKLOOP_CONTROL') . '/__lab/clock';
        $http = ['ignore_errors' => true, 'timeout' => 3600.0];
        if ($seconds !== null) {
            $url .= '/advance';
            $http += ['method' => 'POST', 'header' => "Content-Type: application/json\r\n", 'content' => json_encode(['seconds' => $seconds])];
        }
        $answer = @file_get_contents($url, false, stream_context_create(['http' => $http]));
        $clock = $answer === false ? null : json_decode($answer, true);
        if (!is_array($clock) || !isset($clock['epoch'])) {
            fwrite(STDERR, "the lab's clock does not answer\n");
            exit(70);
        }
        return $clock;
    }

    public static function sleep(float $seconds): void
    {
        self::ask(max($seconds, 0.0));
    }

    public static function now(): float
    {
        return self::ask(null)['epoch'];
    }

    public static function since(): float
    {
        return self::ask(null)['now'];
    }

    public static function at(?int $timestamp): DateTimeImmutable
    {
        return (new DateTimeImmutable('@' . ($timestamp ?? (int) self::now())))->setTimezone(new DateTimeZone(date_default_timezone_get()));
    }
}

function sleep(int $seconds): int
{
    RackloopClock::sleep($seconds);
    return 0;
}

function usleep(int $microseconds): void
{
    RackloopClock::sleep($microseconds / 1e6);
}

function time_nanosleep(int $seconds, int $nanoseconds): bool
{
    RackloopClock::sleep($seconds + $nanoseconds / 1e9);
    return true;
}

function time_sleep_until(float $timestamp): bool
{
    RackloopClock::sleep($timestamp - RackloopClock::now());
    return true;
}

function time(): int
{
    return (int) RackloopClock::now();
}

function microtime(bool $as_float = false): string|float
{
    $now = RackloopClock::now();
    return $as_float ? $now : sprintf('%.8f %d', $now - floor($now), floor($now));
}

function hrtime(bool $as_number = false): array|int|float
{
    $now = RackloopClock::since();
    return $as_number ? (int) ($now * 1e9) : [(int) floor($now), (int) (($now - floor($now)) * 1e9)];
}

function date(string $format, ?int $timestamp = null): string
{
    return RackloopClock::at($timestamp)->format($format);
}

function gmdate(string $format, ?int $timestamp = null): string
{
    return RackloopClock::at($timestamp)->setTimezone(new DateTimeZone('UTC'))->format($format);
}

function idate(string $format, ?int $timestamp = null): int|false
{
    return (int) RackloopClock::at($timestamp)->format($format);
}

function getdate(?int $timestamp = null): array
{
    $at = RackloopClock::at($timestamp);
    $names = ['seconds' => 's', 'minutes' => 'i', 'hours' => 'G', 'mday' => 'j', 'wday' => 'w', 'mon' => 'n', 'year' => 'Y', 'yday' => 'z'];
    return array_map(fn ($letter) => (int) $at->format($letter), $names) + ['weekday' => $at->format('l'), 'month' => $at->format('F'), 0 => $at->getTimestamp()];
}

function strtotime(string $datetime, ?int $baseTimestamp = null): int|false
{
    $moved = @RackloopClock::at($baseTimestamp)->modify($datetime);
    return $moved === false ? false : $moved->getTimestamp();
}
