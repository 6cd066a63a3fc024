<?php
/*
 * One call of one function of a WHMCS server module, outside WHMCS. On stdin what it is about, on the last line of stdout what came
 * of it. What WHMCS offers to modules is stood in for in the files beside this one; what is not says so by its name.
 */

error_reporting(E_ALL & ~E_DEPRECATED & ~E_NOTICE);
ini_set('display_errors', 'stderr');
define('WHMCS', true);
define('ROOTDIR', getenv('RACKLOOP_FOLDER') ?: getcwd());
$whmcs = json_decode(stream_get_contents(STDIN), true);
if (!is_array($whmcs)) {
    fwrite(STDERR, "run.php is started by Rackloop\n");
    exit(70);
}
if ($whmcs['told']) {
    require __DIR__ . '/time.php';
}
require __DIR__ . '/missing.php';
require __DIR__ . '/database.php';
require __DIR__ . '/models.php';
require __DIR__ . '/tables.php';
require __DIR__ . '/functions.php';

final class RackloopRun
{
    public static array $notes = [];
    private static bool $ended = false;

    public static function end(array $answer): void
    {
        self::$ended = true;
        $printed = '';
        while (ob_get_level() > 0) {
            $printed = ob_get_clean() . $printed;
        }
        $answer['printed'] = mb_strcut_safe($printed, 2000);
        $answer['notes'] = array_slice(self::$notes, 0, 50);
        fwrite(STDOUT, json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE | JSON_PARTIAL_OUTPUT_ON_ERROR) . "\n");
        exit(0);
    }

    /** The module ended the process itself: that it has printed is all that is left of it. */
    public static function atExit(): void
    {
        if (self::$ended) {
            return;
        }
        $error = error_get_last();
        $fatal = $error !== null && in_array($error['type'], [E_ERROR, E_PARSE, E_CORE_ERROR, E_COMPILE_ERROR], true);
        self::end(['broke' => $fatal ? "{$error['message']} ({$error['file']}:{$error['line']})" : 'it ended the process (exit or die)']);
    }
}

function mb_strcut_safe(string $text, int $most): string
{
    return strlen($text) <= $most ? $text : substr($text, 0, $most);
}

/** In words: a call of what WHMCS has and we have not is told by its name. */
function rackloop_broke(Throwable $error, string $module): string
{
    $said = $error->getMessage();
    $place = basename($error->getFile()) . ':' . $error->getLine();
    if ($error instanceof RackloopMissing) {
        return "$said ($place)";
    }
    if (preg_match('/^Call to undefined function ([\w\\\\]+)\(\)/', $said, $found)) {
        $name = $found[1];
        $extension = ['curl' => 'curl', 'mb' => 'mbstring', 'simplexml' => 'xml', 'bcadd' => 'bcmath', 'ssh2' => 'ssh2', 'soap' => 'soap'];
        $prefix = strtok(strtolower($name), '_');
        if (isset($extension[$prefix])) {
            return "PHP has no $name() here: its extension {$extension[$prefix]} is not installed ($place)";
        }
        return str_starts_with($name, $module . '_')
            ? "the module calls $name(), which it does not have ($place)"
            : "the module calls $name(), which is not stood in for ($place)";
    }
    if (preg_match('/^Class "([^"]+)" not found/', $said, $found) || preg_match('/^(?:Interface|Trait) "([^"]+)" not found/', $said, $found)) {
        return "the module uses the class {$found[1]}, which is not stood in for ($place)";
    }
    if (preg_match('/^Call to undefined method ([\w\\\\]+::\w+)\(\)/', $said, $found) && preg_match('/^(WHMCS|Illuminate|Rackloop)/', $found[1])) {
        return "the module calls {$found[1]}(), which is not stood in for ($place)";
    }
    return get_class($error) . ": $said ($place)\n" . $error->getTraceAsString();
}

register_shutdown_function(['RackloopRun', 'atExit']);
ob_start();

$module = $whmcs['module'];
$action = $whmcs['function'];
try {
    rackloop_prepare($whmcs);
    $directory = dirname($whmcs['file']);
    chdir($directory);
    require_once $whmcs['file'];
    if (is_file("$directory/hooks.php")) {
        require_once "$directory/hooks.php";
    }
    $function = "{$module}_{$action}";
    if (!function_exists($function)) {
        RackloopRun::end(['broke' => "the module has no function $function()"]);
    }
    rackloop_config_options($whmcs);
    $params = rackloop_params($whmcs);
    $hook = $whmcs['hook'];
    if ($hook !== '') {
        foreach (run_hook("PreModule$hook", ['params' => $params]) as $said) {
            if (is_array($said) && ($said['abortcmd'] ?? false)) {
                RackloopRun::end(['error' => 'Action aborted by a hook', 'kept' => rackloop_kept($whmcs)]);
            }
        }
    }
    $result = $function($params);
} catch (RackloopMissing $error) {
    RackloopRun::end(['broke' => rackloop_broke($error, $module)]);
} catch (Exception $error) {
    // WHMCS shows what a module did not catch as the error of the action.
    if ($error->getPrevious() instanceof RackloopMissing) {
        RackloopRun::end(['broke' => rackloop_broke($error->getPrevious(), $module)]);
    }
    RackloopRun::end(['error' => $error->getMessage() ?: get_class($error), 'uncaught' => true, 'kept' => rackloop_kept($whmcs)]);
} catch (Throwable $error) {
    RackloopRun::end(['broke' => rackloop_broke($error, $module)]);
}

if (RackloopMissing::$last !== null) {
    // A module that catches everything would hide it.
    RackloopRun::end(['broke' => RackloopMissing::$last]);
}
try {
    if (is_array($result)) {
        $ok = !empty($result['success']) && empty($result['error']);
        $error = (string) ($result['error'] ?? $result['errorMsg'] ?? '');
    } else {
        $ok = $result === 'success';
        $error = is_scalar($result) ? (string) $result : '';
    }
    if (!$ok && preg_match('/Call to undefined (function|method) |(Class|Interface|Trait) "[^"]+" not found/', $error)) {
        // It catches every Throwable, and what it says is PHP's own error.
        RackloopRun::end(['broke' => 'it says: ' . rackloop_broke(new Error($error), $module)]);
    }
    if ($hook !== '') {
        run_hook($ok ? "AfterModule$hook" : "AfterModule{$hook}Failed", ['params' => $params, 'failureResponseMessage' => $error]);
    }
    if (!$ok && trim($error) === '') {
        RackloopRun::end(['broke' => "$function() returned " . json_encode($result) . ', and neither \'success\' nor an error text']);
    }
    if ($ok) {
        rackloop_done($whmcs);
    }
    RackloopRun::end(($ok ? ['ok' => true] : ['error' => $error]) + ['kept' => rackloop_kept($whmcs)]);
} catch (Throwable $error) {
    RackloopRun::end(['broke' => 'in a hook: ' . rackloop_broke($error, $module)]);
}
