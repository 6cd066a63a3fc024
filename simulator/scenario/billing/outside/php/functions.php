<?php
/* The functions that WHMCS has for modules, and its old database functions. */

use WHMCS\Database\Capsule;

function logModuleCall($module, $action, $request, $response, $processed = '', $replace = []): void
{
    $hide = function ($value) use ($replace) {
        $text = is_scalar($value) || $value === null ? (string) $value : print_r($value, true);
        return str_replace(array_filter((array) $replace, fn ($each) => is_string($each) && $each !== ''), '******', $text);
    };
    Capsule::table('tblmodulelog')->insert([
        'date' => date('Y-m-d H:i:s'), 'module' => (string) $module, 'action' => (string) $action, 'request' => $hide($request),
        'response' => $hide($response), 'arrdata' => $hide($processed),
    ]);
}

function logActivity($text, $user = 0): void
{
    Capsule::table('tblactivitylog')->insert(['date' => date('Y-m-d H:i:s'), 'description' => (string) $text, 'userid' => (int) $user]);
    RackloopRun::$notes[] = 'activity log: ' . $text;
}

function logTransaction($gateway, $data, $status): void
{
    logActivity("transaction $gateway: $status");
}

function encrypt($text): string
{
    return 'enc:' . base64_encode(strrev((string) $text));
}

function decrypt($text): string
{
    return str_starts_with((string) $text, 'enc:') ? strrev(base64_decode(substr($text, 4))) : (string) $text;
}

function generateFriendlyPassword($length = 12): string
{
    $letters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789';
    $word = 'aA7';
    while (strlen($word) < $length) {
        $word .= $letters[random_int(0, strlen($letters) - 1)];
    }
    return $word;
}

function getClientsDetails($id = '', $contact = ''): array
{
    return rackloop_client((int) $id);
}

function sendMessage($template, $about, $extra = [], ...$rest): bool
{
    RackloopRun::$notes[] = "message $template";
    return true;
}

function add_hook($point, $priority, $call = null): void
{
    $GLOBALS['rackloop_hooks'][$point][(int) $priority][] = is_callable($priority) ? $priority : $call;
}

function run_hook($point, $values = []): array
{
    $results = [];
    $hooks = $GLOBALS['rackloop_hooks'][$point] ?? [];
    ksort($hooks);
    foreach ($hooks as $calls) {
        foreach ($calls as $call) {
            $results[] = $call($values);
        }
    }
    return $results;
}

function localAPI($command, $values = [], $admin = ''): array
{
    $known = [
        'getclientsdetails' => function ($given) {
            $id = $given['clientid'] ?? Capsule::table('tblclients')->where('email', $given['email'] ?? '')->value('id');
            $client = rackloop_client((int) $id);
            return $client === [] ? ['result' => 'error', 'message' => 'Client Not Found'] : ['result' => 'success', 'client' => $client] + $client;
        },
        'getclientsproducts' => function ($given) {
            $rows = Capsule::table('tblhosting');
            foreach (['clientid' => 'userid', 'serviceid' => 'id', 'pid' => 'packageid', 'domain' => 'domain'] as $name => $column) {
                if (isset($given[$name])) {
                    $rows->where($column, $given[$name]);
                }
            }
            $products = [];
            foreach ($rows->get() as $row) {
                $fields = [];
                foreach (rackloop_fields($row->packageid) as $field) {
                    $value = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field->id)->where('relid', $row->id)->value('value');
                    $fields[] = ['id' => $field->id, 'name' => $field->fieldname, 'value' => (string) $value];
                }
                $products[] = [
                    'id' => $row->id, 'clientid' => $row->userid, 'pid' => $row->packageid, 'domain' => $row->domain, 'serverid' => $row->server,
                    'username' => $row->username, 'password' => decrypt($row->password), 'dedicatedip' => $row->dedicatedip,
                    'assignedips' => $row->assignedips, 'status' => $row->domainstatus, 'customfields' => ['customfield' => $fields],
                ];
            }
            return ['result' => 'success', 'totalresults' => count($products), 'products' => ['product' => $products]];
        },
        'updateclientproduct' => function ($given) {
            $columns = ['domain' => 'domain', 'serviceusername' => 'username', 'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips',
                'notes' => 'notes', 'status' => 'domainstatus', 'serverid' => 'server', 'subscriptionid' => 'subscriptionid', 'nextduedate' => 'nextduedate'];
            $change = [];
            foreach ($columns as $name => $column) {
                if (array_key_exists($name, $given)) {
                    $change[$column] = $given[$name];
                }
            }
            if (array_key_exists('servicepassword', $given)) {
                $change['password'] = encrypt($given['servicepassword']);
            }
            if ($change !== []) {
                Capsule::table('tblhosting')->where('id', $given['serviceid'])->update($change);
            }
            if (isset($given['customfields'])) {
                $fields = is_array($given['customfields']) ? $given['customfields'] : unserialize(base64_decode($given['customfields']), ['allowed_classes' => false]);
                foreach ($fields as $id => $value) {
                    Capsule::table('tblcustomfieldsvalues')->updateOrInsert(['fieldid' => $id, 'relid' => $given['serviceid']], ['value' => $value]);
                }
            }
            return ['result' => 'success', 'serviceid' => $given['serviceid']];
        },
        'encryptpassword' => fn ($given) => ['result' => 'success', 'password' => encrypt($given['password2'] ?? '')],
        'decryptpassword' => fn ($given) => ['result' => 'success', 'password' => decrypt($given['password2'] ?? '')],
        'logactivity' => function ($given) {
            logActivity($given['description'] ?? '');
            return ['result' => 'success'];
        },
        'sendemail' => function ($given) {
            RackloopRun::$notes[] = 'message ' . ($given['messagename'] ?? $given['customsubject'] ?? '');
            return ['result' => 'success'];
        },
        'openticket' => function ($given) {
            RackloopRun::$notes[] = 'ticket ' . ($given['subject'] ?? '');
            return ['result' => 'success', 'id' => 1, 'tid' => 'ABC-123456', 'c' => 'abcdefgh'];
        },
        'addtodoitem' => function ($given) {
            RackloopRun::$notes[] = 'to do: ' . ($given['title'] ?? '');
            return ['result' => 'success', 'todoid' => 1];
        },
        'getadmindetails' => fn () => ['result' => 'success', 'adminid' => 1, 'name' => 'Admin'],
        'whmcsdetails' => fn () => ['result' => 'success', 'whmcs' => ['version' => '8.13.0', 'canonicalversion' => '8.13.0-release.1']],
    ];
    $name = strtolower((string) $command);
    if (!isset($known[$name])) {
        throw RackloopMissing::of("localAPI('$command')");
    }
    return $known[$name]((array) $values);
}

// the old database functions

function rackloop_wheres($where): array
{
    $query = [];
    foreach ((array) $where as $column => $value) {
        if (is_int($column)) {
            throw RackloopMissing::of('a condition of select_query() as text');
        }
        if (is_array($value)) {
            throw RackloopMissing::of('sqltype conditions of select_query()');
        }
        $query[] = [$column, $value];
    }
    return $query;
}

function rackloop_rows(string $table, $where)
{
    $rows = Capsule::table($table);
    foreach (rackloop_wheres($where) as [$column, $value]) {
        $rows->where($column, $value);
    }
    return $rows;
}

function select_query($table, $fields, $where, $sort = '', $order = 'ASC', $limit = '', $join = ''): ArrayIterator
{
    if ($join !== '') {
        throw RackloopMissing::of('joins of select_query()');
    }
    $rows = rackloop_rows($table, $where);
    if ($fields !== '*' && $fields !== '') {
        $rows->select(array_map('trim', explode(',', $fields)));
    }
    if ($sort !== '') {
        $rows->orderBy($sort, $order ?: 'ASC');
    }
    if ($limit !== '') {
        $parts = array_map('intval', explode(',', (string) $limit));
        count($parts) === 2 ? $rows->offset($parts[0])->limit($parts[1]) : $rows->limit($parts[0]);
    }
    return new ArrayIterator(array_map(fn ($row) => (array) $row, $rows->get()->all()));
}

function mysql_fetch_array($result): array|false
{
    if (!$result instanceof ArrayIterator || !$result->valid()) {
        return false;
    }
    $row = $result->current();
    $result->next();
    return $row + array_values($row);
}

function mysql_fetch_assoc($result): array|false
{
    if (!$result instanceof ArrayIterator || !$result->valid()) {
        return false;
    }
    $row = $result->current();
    $result->next();
    return $row;
}

function mysql_num_rows($result): int
{
    return $result instanceof ArrayIterator ? count($result) : 0;
}

function get_query_val($table, $field, $where, $sort = '', $order = '')
{
    return rackloop_rows($table, $where)->value($field);
}

function get_query_vals($table, $fields, $where, $sort = '', $order = ''): array
{
    $row = select_query($table, $fields, $where, $sort, $order ?: 'ASC', '1');
    return $row->valid() ? $row->current() : [];
}

function update_query($table, $values, $where): void
{
    rackloop_rows($table, $where)->update((array) $values);
}

function insert_query($table, $values): int
{
    return Capsule::table($table)->insertGetId((array) $values);
}

function delete_query($table, $where): void
{
    rackloop_rows($table, $where)->delete();
}

function full_query($sql): ArrayIterator
{
    $statement = Capsule::connection()->getPdo()->query($sql);
    return new ArrayIterator($statement->columnCount() ? $statement->fetchAll(PDO::FETCH_ASSOC) : []);
}

function mysql_query($sql): ArrayIterator
{
    return full_query($sql);
}

function mysql_real_escape_string($text): string
{
    return str_replace("'", "''", (string) $text);
}

function db_escape_string($text): string
{
    return mysql_real_escape_string($text);
}
