<?php
/* The part of WHMCS's database that a module sees, and the parameters that are made of it. */

use WHMCS\Database\Capsule;

const RACKLOOP_TABLES = [
    'tblclients' => 'uuid, firstname, lastname, companyname, email, address1, address2, city, state, postcode, country, phonenumber, status, currency, language, notes, email_verified, datecreated',
    'tblproducts' => 'gid, type, name, description, servertype, servergroup, paytype, stockcontrol, qty',
    'tblproductgroups' => 'name, hidden',
    'tblservers' => 'name, ipaddress, assignedips, hostname, username, password, accesshash, secure, port, type, active, maxaccounts, noc, statusaddress',
    'tblservergroups' => 'name',
    'tblservergroupsrel' => 'groupid, serverid',
    'tblorders' => 'ordernum, userid, status, date',
    'tblhosting' => 'userid, orderid, packageid, server, regdate, domain, paymentmethod, firstpaymentamount, amount, billingcycle, nextduedate, domainstatus, username, password, notes, subscriptionid, suspendreason, dedicatedip, assignedips, ns1, ns2, diskusage, disklimit, bwusage, bwlimit, lastupdate, created_at, updated_at, rackloop_service',
    'tblcustomfields' => 'type, relid, fieldname, fieldtype, description, fieldoptions, regexpr, adminonly, required, showorder, showinvoice, sortorder, created_at, updated_at',
    'tblcustomfieldsvalues' => 'fieldid, relid, value, created_at, updated_at',
    'tblproductconfiggroups' => 'name, description',
    'tblproductconfiglinks' => 'gid, pid',
    'tblproductconfigoptions' => 'gid, optionname, optiontype, qtyminimum, qtymaximum, sortorder, hidden',
    'tblproductconfigoptionssub' => 'configid, optionname, sortorder, hidden',
    'tblhostingconfigoptions' => 'relid, configid, optionid, qty',
    'tblhostingaddons' => 'orderid, hostingid, addonid, userid, server, name, status',
    'tbladdonmodules' => 'module, setting, value',
    'tblconfiguration' => 'setting, value',
    'tbladmins' => 'username, firstname, lastname, email, roleid, disabled',
    'tblmodulelog' => 'date, module, action, request, response, arrdata',
    'tblactivitylog' => 'date, description, user, userid, ipaddr',
    'tbltodolist' => 'date, title, description, admin, status, duedate',
    'tblemailtemplates' => 'type, name, subject, message, custom',
    'tblinvoices' => 'userid, date, duedate, status, total',
    'tblinvoiceitems' => 'invoiceid, userid, type, relid, description, amount',
    'mod_rackloop_properties' => 'serviceid, name, value',
];

/** Open the database, make it where it is new, and enter the order. */
function rackloop_prepare(array $whmcs): void
{
    $pdo = Capsule::connection()->getPdo();
    $alone = fopen(ROOTDIR . '/whmcs.lock', 'c'); // two orders may come at the same moment
    flock($alone, LOCK_EX);
    if (!Capsule::schema()->hasTable('tblhosting')) {
        foreach (RACKLOOP_TABLES as $table => $columns) {
            if ($table === 'tblproducts') {
                $columns .= implode('', array_map(fn ($number) => ", configoption$number", range(1, 24)));
            }
            $pdo->exec("CREATE TABLE $table (id INTEGER PRIMARY KEY AUTOINCREMENT, " . implode(', ', array_map(fn ($each) => trim($each) . " DEFAULT ''", explode(',', $columns))) . ')');
        }
        Capsule::table('tbladmins')->insert(['username' => 'admin', 'firstname' => 'Admin', 'email' => 'admin@example.com', 'roleid' => 1]);
        foreach (['Version' => '8.13.0-release.1', 'SystemURL' => 'https://billing.example.com/', 'CompanyName' => 'Example Hosting', 'Email' => 'billing@example.com', 'DateFormat' => 'DD/MM/YYYY', 'Charset' => 'utf-8'] as $name => $value) {
            Capsule::table('tblconfiguration')->insert(['setting' => $name, 'value' => $value]);
        }
        $server = $whmcs['server'];
        Capsule::table('tblservers')->insert(['name' => 'Panel', 'type' => $whmcs['module'], 'active' => 1, 'password' => encrypt($server['password'])] + array_diff_key($server, ['password' => 1]));
        Capsule::table('tblproductgroups')->insert(['name' => 'Servers', 'hidden' => 0]);
    } else {
        Capsule::table('tblservers')->where('id', 1)->update(['password' => encrypt($whmcs['server']['password'])] + array_diff_key($whmcs['server'], ['password' => 1]));
    }
    $service = $whmcs['service'];
    if ($service === '') {
        return;
    }
    $email = $whmcs['client']['email'];
    $client = Capsule::table('tblclients')->where('email', $email)->value('id');
    if ($client === null) {
        [$first, $last] = explode(' ', $whmcs['client']['name'] . ' Client', 2);
        $client = Capsule::table('tblclients')->insertGetId([
            'uuid' => bin2hex(random_bytes(16)), 'firstname' => $first, 'lastname' => trim(str_replace('Client', '', $last)) ?: 'Client', 'email' => $email, 'address1' => '1 Main Street',
            'city' => 'Springfield', 'state' => 'IL', 'postcode' => '62701', 'country' => 'US', 'phonenumber' => '+1.5550100', 'status' => 'Active',
            'currency' => 1, 'email_verified' => (int) $whmcs['client']['verified'], 'datecreated' => date('Y-m-d'),
        ]);
    }
    if (Capsule::table('tblhosting')->where('rackloop_service', $service)->exists()) {
        return;
    }
    $product = Capsule::table('tblproducts')->insertGetId(['gid' => 1, 'type' => 'server', 'name' => "Server for $service", 'servertype' => $whmcs['module'], 'servergroup' => 1, 'paytype' => 'recurring']);
    $order = Capsule::table('tblorders')->insertGetId(['ordernum' => (string) random_int(1000000, 9999999), 'userid' => $client, 'status' => 'Active', 'date' => date('Y-m-d H:i:s')]);
    $id = Capsule::table('tblhosting')->insertGetId([
        'userid' => $client, 'orderid' => $order, 'packageid' => $product, 'server' => 1, 'regdate' => date('Y-m-d'), 'domain' => "$service.example.com",
        'billingcycle' => 'Monthly', 'amount' => '99.00', 'domainstatus' => 'Pending', 'username' => 'root', 'password' => encrypt($whmcs['password']),
        'nextduedate' => date('Y-m-d', time() + 30 * 86400), 'created_at' => date('Y-m-d H:i:s'), 'updated_at' => date('Y-m-d H:i:s'), 'rackloop_service' => $service,
    ]);
    foreach ($whmcs['customfields'] as $name => $value) {
        $field = Capsule::table('tblcustomfields')->insertGetId(['type' => 'product', 'relid' => $product, 'fieldname' => $name, 'fieldtype' => 'text']);
        Capsule::table('tblcustomfieldsvalues')->insert(['fieldid' => $field, 'relid' => $id, 'value' => $value]);
    }
    foreach ($whmcs['options'] as $name => $value) {
        $group = Capsule::table('tblproductconfiggroups')->value('id') ?? Capsule::table('tblproductconfiggroups')->insertGetId(['name' => 'Options']);
        $quantity = is_numeric($value);
        $option = Capsule::table('tblproductconfigoptions')->insertGetId(['gid' => $group, 'optionname' => $name, 'optiontype' => $quantity ? 4 : 1]);
        $choice = Capsule::table('tblproductconfigoptionssub')->insertGetId(['configid' => $option, 'optionname' => $quantity ? $name : (string) $value]);
        Capsule::table('tblhostingconfigoptions')->insert(['relid' => $id, 'configid' => $option, 'optionid' => $choice, 'qty' => $quantity ? (int) $value : 0]);
    }
}

/** The product's module settings: as the description has them by place or by name, else what the module says is the default. */
function rackloop_config_options(array $whmcs): void
{
    if ($whmcs['service'] === '') {
        return;
    }
    $function = "{$whmcs['module']}_ConfigOptions";
    $known = function_exists($function) ? (array) $function(['producttype' => 'server', 'isAddon' => false]) : [];
    $given = $whmcs['configoptions'];
    $change = [];
    $place = 0;
    $used = [];
    foreach ($known as $name => $option) {
        $place++;
        $label = is_array($option) ? ($option['FriendlyName'] ?? $name) : $name;
        if (array_is_list($given)) {
            $value = $given[$place - 1] ?? null;
        } else {
            foreach ([(string) $name, (string) $label] as $each) {
                if (array_key_exists($each, $given)) {
                    $value = $given[$each];
                    $used[] = $each;
                    break;
                }
                $value = null;
            }
        }
        $change["configoption$place"] = (string) ($value ?? (is_array($option) ? ($option['Default'] ?? '') : ''));
    }
    if (array_is_list($given)) {
        foreach (array_slice($given, $place, null, true) as $index => $value) {
            $change['configoption' . ($index + 1)] = (string) $value;
        }
    } elseif (($unknown = array_diff(array_keys($given), $used)) !== []) {
        RackloopRun::end(['broke' => "the module has no setting '" . reset($unknown) . "'; it has " . implode(', ', array_keys($known))]);
    }
    $change = array_slice($change, 0, 24, true);
    if ($change !== []) {
        Capsule::table('tblproducts')->where('id', rackloop_hosting($whmcs)->packageid)->update($change);
    }
}

function rackloop_hosting(array $whmcs): object
{
    return Capsule::table('tblhosting')->where('rackloop_service', $whmcs['service'])->first();
}

function rackloop_fields($product): iterable
{
    return Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $product)->get();
}

function rackloop_client(int $id): array
{
    $row = Capsule::table('tblclients')->where('id', $id)->first();
    if ($row === null) {
        return [];
    }
    $client = (array) $row;
    return [
        'userid' => $row->id, 'client_id' => $row->id, 'id' => $row->id, 'fullname' => trim("{$row->firstname} {$row->lastname}"), 'fullstate' => $row->state,
        'statecode' => $row->state, 'countrycode' => $row->country, 'countryname' => 'United States', 'phonecc' => 1, 'phonenumberformatted' => $row->phonenumber, 'telephoneNumber' => $row->phonenumber,
        'customfields' => [], 'groupid' => 0, 'model' => new WHMCS\User\Client($row->id),
    ] + $client;
}

/** As the developer documentation lists them. */
function rackloop_params(array $whmcs): array
{
    $server = (array) Capsule::table('tblservers')->where('id', 1)->first();
    $params = [
        'moduletype' => $whmcs['module'], 'server' => true, 'serverid' => 1, 'serverip' => $server['ipaddress'], 'serverhostname' => $server['hostname'],
        'serverusername' => $server['username'], 'serverpassword' => decrypt($server['password']), 'serveraccesshash' => $server['accesshash'],
        'serversecure' => (bool) $server['secure'], 'serverhttpprefix' => $server['secure'] ? 'https' : 'http', 'serverport' => (string) $server['port'],
        'whmcsVersion' => '8.13.0-release.1', 'action' => $whmcs['action'],
    ];
    if ($whmcs['service'] !== '') {
        $row = rackloop_hosting($whmcs);
        $product = (array) Capsule::table('tblproducts')->where('id', $row->packageid)->first();
        $params += [
            'accountid' => $row->id, 'serviceid' => $row->id, 'addonId' => 0, 'userid' => $row->userid, 'pid' => $row->packageid, 'packageid' => $row->packageid,
            'domain' => $row->domain, 'username' => $row->username, 'password' => decrypt($row->password), 'status' => $row->domainstatus, 'type' => 'server',
            'producttype' => 'server', 'qty' => 1, 'clientsdetails' => rackloop_client((int) $row->userid), 'customfields' => [], 'configoptions' => [],
            'model' => new WHMCS\Service\Service($row->id), 'templatevars' => [],
        ];
        foreach (range(1, 24) as $number) {
            $params["configoption$number"] = (string) $product["configoption$number"];
        }
        foreach (rackloop_fields($row->packageid) as $field) {
            $value = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field->id)->where('relid', $row->id)->value('value');
            $params['customfields'][explode('|', $field->fieldname)[0]] = (string) $value;
        }
        foreach (Capsule::table('tblhostingconfigoptions')->where('relid', $row->id)->get() as $chosen) {
            $option = Capsule::table('tblproductconfigoptions')->where('id', $chosen->configid)->first();
            $choice = Capsule::table('tblproductconfigoptionssub')->where('id', $chosen->optionid)->value('optionname');
            $params['configoptions'][explode('|', $option->optionname)[0]] = $option->optiontype == 4 ? (int) $chosen->qty : explode('|', (string) $choice)[0];
        }
    }
    return array_replace($params, $whmcs['params'], $whmcs['args']);
}

/** What WHMCS itself does when a module says success. */
function rackloop_done(array $whmcs): void
{
    $status = ['CreateAccount' => 'Active', 'SuspendAccount' => 'Suspended', 'UnsuspendAccount' => 'Active', 'TerminateAccount' => 'Terminated'][$whmcs['function']] ?? null;
    if ($status !== null) {
        Capsule::table('tblhosting')->where('rackloop_service', $whmcs['service'])->update(['domainstatus' => $status]);
    }
}

/** What stands in the service's card by now. */
function rackloop_kept(array $whmcs): array
{
    if ($whmcs['service'] === '') {
        return [];
    }
    $row = rackloop_hosting($whmcs);
    return ['dedicatedip' => (string) $row->dedicatedip, 'assignedips' => (string) $row->assignedips];
}
