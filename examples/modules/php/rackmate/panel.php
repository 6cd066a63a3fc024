<?php
/* Conversation with a DCImanager 6: what may be asked again, and what may not. */

use WHMCS\Database\Capsule;

class RackmateError extends Exception {}
class RackmateLost extends RackmateError {}

/** One call. A question is asked again for a minute when no answer of the panel's own comes; an order is not: see rackmate_order(). */
function rackmate_api(array $params, string $method, string $path, ?array $body = null)
{
    static $token = null;
    if ($token === null && $path !== '/auth/v4/public/token') {
        $login = ['email' => $params['serverusername'], 'password' => $params['serverpassword']];
        $token = rackmate_api($params, 'POST', '/auth/v4/public/token', $login)['token'];
    }
    $until = time() + 60;
    while (true) {
        $curl = curl_init("{$params['serverhttpprefix']}://{$params['serverhostname']}:{$params['serverport']}$path");
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30,
            CURLOPT_HTTPHEADER => ['Content-Type: application/json', "x-xsrf-token: $token"],
        ] + ($body === null ? [] : [CURLOPT_POSTFIELDS => json_encode((object) $body)]));
        $text = curl_exec($curl);
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        $answer = is_string($text) ? json_decode($text, true) : null;
        logModuleCall('rackmate', "$method $path", $body, $text, $answer, [$params['serverpassword'], $token]);
        if ($status >= 200 && $status < 300 && is_array($answer)) {
            return $answer;
        }
        if ($status !== 503 && isset($answer['error'])) {
            throw new RackmateError("$method $path: " . ($answer["error"]["message"] ?? $text));
        }
        // An error of the panel's own with 503 says that nothing was done; anything else says nothing.
        $repeatable = $method === 'GET' || $path === '/auth/v4/public/token' || ($status === 503 && isset($answer['error']));
        if (!$repeatable || time() >= $until) {
            throw new RackmateLost("$method $path: no answer of the panel" . ($status ? " (status $status)" : ''));
        }
        sleep(2);
    }
}

/** An order whose answer was lost may have taken effect: look, and only then order again. A refusal may be that of a second copy. */
function rackmate_order(array $params, string $method, string $path, array $body, callable $done)
{
    for ($try = 1; !$done(); $try++) {
        try {
            return rackmate_api($params, $method, $path, $body);
        } catch (RackmateLost $lost) {
            if ($try === 5) {
                throw $lost;
            }
            sleep(60); // what somebody's time was up for may take effect yet
        } catch (RackmateError $refused) {
            if (!$done()) {
                throw $refused;
            }
        }
    }
    return null;
}

/** An order that does no harm when it is carried out twice. */
function rackmate_repeat(array $params, string $path): void
{
    for ($try = 1;; $try++) {
        try {
            rackmate_api($params, 'POST', $path, []);
            return;
        } catch (RackmateLost $lost) {
            if ($try === 5) {
                throw $lost;
            }
            sleep(10);
        }
    }
}

function rackmate_server(array $params, int $id): array
{
    return rackmate_api($params, 'GET', "/dci/v3/server/$id");
}

function rackmate_owner(array $params, int $id, ?int $user, string $email): void
{
    rackmate_order($params, 'POST', "/dci/v3/server/$id/owner", ['owner' => $user], fn () => strcasecmp((string) rackmate_server($params, $id)['owner_email'], $email) === 0);
}

function rackmate_named(array $params, string $path, string $name): int
{
    foreach (rackmate_api($params, 'GET', $path)['list'] as $row) {
        if ($row['name'] === $name) {
            return $row['id'];
        }
    }
    throw new RackmateError("the panel has no $name");
}

function rackmate_user(array $params): int
{
    $client = $params['clientsdetails'];
    $find = function () use ($params, $client) {
        $where = rawurlencode("(email EQ '{$client['email']}')");
        return rackmate_api($params, 'GET', "/dci/v3/user?where=$where")['list'][0] ?? null;
    };
    rackmate_order($params, 'POST', '/dci/v3/user', ['email' => $client['email'], 'full_name' => $client['fullname'], 'password' => bin2hex(random_bytes(8)) . 'aA', 'role' => '@user'], fn () => $find() !== null);
    for ($user = $find(), $try = 0; $user === null && $try < 12; $user = $find(), $try++) {
        sleep(10); // lists may be a minute old
    }
    $user ?? throw new RackmateError("the panel does not show {$client['email']}");
    if (in_array('@admin', array_column((array) $user['roles'], 'name') ?: (array) $user['roles'], true)) {
        throw new RackmateError("{$client['email']} is an administrator of the panel");
    }
    return $user['id'];
}

function rackmate_free(array $params, int $id, int $address): void
{
    rackmate_order($params, 'DELETE', "/dci/v3/server/$id/ip/$address", [], fn () => !in_array($address, array_column(rackmate_server($params, $id)['ip'], 'id'), true));
}

/** Wait for an operation that is not the one before; it must end well within so many minutes. */
function rackmate_run(array $params, int $id, string $what, array $body, int $minutes): void
{
    $last = fn () => rackmate_server($params, $id)['operation'] ?? null;
    $before = $last()['id'] ?? 0;
    rackmate_order($params, 'POST', "/dci/v3/server/$id/$what", $body, fn () => ($last()['id'] ?? 0) !== $before);
    $until = time() + $minutes * 60;
    while (($operation = $last())['status'] !== 'ok') {
        if (in_array($operation['status'], ['failed', 'canceled'], true)) {
            throw new RackmateError("$what failed: " . ($operation['status_info']['message'] ?? $operation['status']));
        }
        if (time() > $until) {
            throw new RackmateError("$what did not end in $minutes minutes");
        }
        sleep(15);
    }
}

/** Two orders at the same moment may see the same server free: whoever enters it first has it. */
function rackmate_reserve(int $id, int $service): bool
{
    try {
        Capsule::schema()->create('mod_rackmate', function ($table) {
            $table->integer('server')->unique();
            $table->integer('service');
        });
    } catch (Exception $there) {} // by an order of before, or by one at this very moment
    return Capsule::table('mod_rackmate')->insertOrIgnore(['server' => $id, 'service' => $service]) === 1;
}
