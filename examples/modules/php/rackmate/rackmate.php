<?php
/* A server module in the manner of WHMCS: sells dedicated servers of a DCImanager 6. It knows nothing of Rackloop. */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use WHMCS\Database\Capsule;

require_once __DIR__ . '/panel.php';

function rackmate_MetaData()
{
    return ['DisplayName' => 'Rackmate', 'APIVersion' => '1.1', 'RequiresServer' => true];
}

function rackmate_ConfigOptions()
{
    return [
        'configuration' => ['FriendlyName' => 'Configuration', 'Type' => 'text'],
        'os' => ['FriendlyName' => 'Operating system', 'Type' => 'text', 'Default' => 'debian-12'],
        'pool' => ['FriendlyName' => 'Address pool', 'Type' => 'text', 'Default' => 'public'],
        'timeout' => ['FriendlyName' => 'Installation timeout, minutes', 'Type' => 'text', 'Default' => '90'],
    ];
}

/** Everything that the service took goes back to the shelf. */
function rackmate_give_back(array $params, int $id): void
{
    $running = fn () => in_array(rackmate_server($params, $id)['operation']['status'] ?? 'none', ['waiting', 'running', 'canceling'], true);
    if ($running()) {
        rackmate_order($params, 'POST', "/dci/v3/server/$id/operation/cancel", [], fn () => !$running());
        for ($wait = 0; $running() && $wait < 30; $wait++) {
            sleep(10);
        }
    }
    foreach (rackmate_server($params, $id)['ip'] as $address) {
        rackmate_free($params, $id, $address['id']);
    }
    rackmate_owner($params, $id, null, '');
    Capsule::table('mod_rackmate')->where('server', $id)->delete();
    $params['model']->serviceProperties->save(['panel_id' => '', 'dedicatedip' => '', 'assignedips' => '']);
}

function rackmate_CreateAccount(array $params)
{
    $id = 0;
    try {
        if ($params['model']->serviceProperties->get('panel_id') !== '') {
            throw new RackmateError('the service has a server already');
        }
        $template = rackmate_named($params, '/dci/v3/os_template', $params['configoption2']);
        $pool = rackmate_named($params, '/ip/v3/ippool', $params['configoption3']);
        $user = rackmate_user($params);
        $where = rawurlencode("(configuration EQ '{$params['configoption1']}') AND (owner_email IS null)");
        foreach (rackmate_api($params, 'GET', "/dci/v3/server?where=$where&orderby=id%20asc")['list'] as $row) {
            $server = rackmate_server($params, $row['id']); // lists may be old
            $fit = !$server['owner_email'] && empty($server['maintenance']) && in_array($server['operation']['status'] ?? 'ok', ['ok', 'canceled'], true);
            if ($fit && rackmate_reserve($server['id'], $params['serviceid'])) {
                $id = $server['id'];
                break;
            }
        }
        if (!$id) {
            throw new RackmateError("no free server of the configuration {$params['configoption1']}");
        }
        $params['model']->serviceProperties->save(['panel_id' => $id]);
        $email = $params['clientsdetails']['email'];
        rackmate_owner($params, $id, $user, $email);
        rackmate_repeat($params, "/dci/v3/server/$id/port_on");
        if (($server['power_status'] ?? '') !== 'on') {
            rackmate_order($params, 'POST', "/dci/v3/server/$id/power_on", [], fn () => rackmate_server($params, $id)['power_status'] === 'on');
        }
        rackmate_order($params, 'POST', "/dci/v3/server/$id/ip", ['ippool' => $pool, 'family' => 'ipv4', 'count' => 1], fn () => rackmate_server($params, $id)['ip'] !== []);
        foreach (array_slice(rackmate_server($params, $id)['ip'], 1) as $extra) { // an order that came twice
            rackmate_free($params, $id, $extra['id']);
        }
        rackmate_run($params, $id, 'os_install', ['os_template' => $template, 'password' => $params['password']], (int) $params['configoption4']);
        $addresses = array_column(rackmate_server($params, $id)['ip'], 'name');
        $params['model']->serviceProperties->save(['dedicatedip' => array_shift($addresses), 'assignedips' => implode("\n", $addresses)]);
        return 'success';
    } catch (RackmateError $error) {
        try {
            if ($id) {
                rackmate_give_back($params, $id);
            }
        } catch (RackmateError $worse) {
            return "{$error->getMessage()}; and the server could not be given back: {$worse->getMessage()}";
        }
        return $error->getMessage();
    }
}

function rackmate_id(array $params): int
{
    $id = (int) $params['model']->serviceProperties->get('panel_id');
    if (!$id) {
        throw new RackmateError('the service has no server');
    }
    return $id;
}

function rackmate_ports(array $params, string $way)
{
    try {
        rackmate_repeat($params, '/dci/v3/server/' . rackmate_id($params) . "/$way");
        return 'success';
    } catch (RackmateError $error) {
        return $error->getMessage();
    }
}

function rackmate_SuspendAccount(array $params)
{
    return rackmate_ports($params, 'port_off');
}

function rackmate_UnsuspendAccount(array $params)
{
    return rackmate_ports($params, 'port_on');
}

function rackmate_TerminateAccount(array $params)
{
    try {
        $id = (int) $params['model']->serviceProperties->get('panel_id');
        if ($id) {
            $template = rackmate_named($params, '/dci/v3/os_template', 'Diag6');
            rackmate_repeat($params, "/dci/v3/server/$id/port_on"); // its diagnostics boot from the network
            rackmate_run($params, $id, 'diagnostic', ['template' => $template, 'clear_disks' => true], 120);
            rackmate_repeat($params, "/dci/v3/server/$id/port_off");
            rackmate_order($params, 'POST', "/dci/v3/server/$id/power_off", [], fn () => rackmate_server($params, $id)['power_status'] === 'off');
            rackmate_give_back($params, $id);
        }
        return 'success';
    } catch (RackmateError $error) {
        return $error->getMessage();
    }
}

function rackmate_TestConnection(array $params)
{
    try {
        rackmate_api($params, 'GET', '/dci/v3/os_template');
        return ['success' => true, 'error' => ''];
    } catch (RackmateError $error) {
        return ['success' => false, 'error' => $error->getMessage()];
    }
}
