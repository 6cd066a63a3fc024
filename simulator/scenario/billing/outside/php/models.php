<?php
/* The models that a module is given: a service with its properties, its client, product and server. */

namespace Rackloop {

    use RackloopMissing;
    use WHMCS\Database\Capsule;

    /** One row of a table, as an object that can be saved. */
    abstract class Model
    {
        protected const TABLE = '';
        protected const NAMES = [];
        protected array $row = [];
        protected array $changed = [];

        public function __construct($id = 0)
        {
            if ($id) {
                $found = Capsule::table(static::TABLE)->where('id', $id)->first();
                $this->row = $found === null ? [] : (array) $found;
            }
        }

        public static function find($id): ?static
        {
            $model = new static($id);
            return $model->row === [] ? null : $model;
        }

        public static function findOrFail($id): static
        {
            return static::find($id) ?? throw new \RuntimeException('No query results for model ' . static::class);
        }

        public static function where(...$given): ModelQuery
        {
            return (new ModelQuery(static::class, static::TABLE))->where(...$given);
        }

        public static function all(): \Rackloop\Database\Collection
        {
            return (new ModelQuery(static::class, static::TABLE))->get();
        }

        protected static function column(string $name): string
        {
            return static::NAMES[$name] ?? strtolower(str_replace('_', '', $name));
        }

        public function __get(string $name)
        {
            if (method_exists($this, $name)) {
                $found = $this->$name();
                return $found;
            }
            foreach ([$name, static::column($name)] as $column) {
                if (array_key_exists($column, $this->row)) {
                    return $this->row[$column];
                }
            }
            throw RackloopMissing::of((new \ReflectionClass($this))->getName() . "->$name");
        }

        public function __isset(string $name): bool
        {
            return method_exists($this, $name) || array_key_exists($name, $this->row) || array_key_exists(static::column($name), $this->row);
        }

        public function __set(string $name, $value): void
        {
            $column = array_key_exists($name, $this->row) ? $name : static::column($name);
            if (!array_key_exists($column, $this->row)) {
                throw RackloopMissing::of((new \ReflectionClass($this))->getName() . "->$name");
            }
            $this->row[$column] = $value;
            $this->changed[$column] = $value;
        }

        public function save(): bool
        {
            if ($this->changed !== []) {
                Capsule::table(static::TABLE)->where('id', $this->row['id'])->update($this->changed);
                $this->changed = [];
            }
            return true;
        }

        public function update(array $values): bool
        {
            foreach ($values as $name => $value) {
                $this->$name = $value;
            }
            return $this->save();
        }

        public function refresh(): static
        {
            $this->row = (array) Capsule::table(static::TABLE)->where('id', $this->row['id'])->first();
            return $this;
        }

        public function toArray(): array
        {
            return $this->row;
        }

        public function __call(string $name, array $given)
        {
            throw RackloopMissing::of((new \ReflectionClass($this))->getName() . "::$name()");
        }

        public static function __callStatic(string $name, array $given)
        {
            throw RackloopMissing::of(static::class . "::$name()");
        }
    }

    final class ModelQuery
    {
        private \Rackloop\Database\Builder $rows;

        public function __construct(private string $model, string $table)
        {
            $this->rows = Capsule::table($table);
        }

        public function get(): \Rackloop\Database\Collection
        {
            return $this->rows->get()->map(fn ($row) => new ($this->model)($row->id));
        }

        public function first(): ?object
        {
            $row = $this->rows->first();
            return $row === null ? null : new ($this->model)($row->id);
        }

        public function firstOrFail(): object
        {
            return $this->first() ?? throw new \RuntimeException("No query results for model {$this->model}");
        }

        public function __call(string $name, array $given)
        {
            $result = $this->rows->$name(...$given);
            return $result instanceof \Rackloop\Database\Builder ? $this : $result;
        }
    }
}

namespace WHMCS\Service {

    use Rackloop\Model;
    use WHMCS\Database\Capsule;

    /** What a module keeps of a service: custom fields, but for what the service itself has. */
    class Properties
    {
        private const OWN = ['username' => 'username', 'password' => 'password', 'domain' => 'domain', 'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips', 'license' => 'domain', 'subscriptionid' => 'subscriptionid'];

        public function __construct(private int $service)
        {
        }

        private static function own(string $name): ?string
        {
            return self::OWN[strtolower(str_replace([' ', '_'], '', $name))] ?? null;
        }

        public function save(array $data): bool
        {
            foreach ($data as $name => $value) {
                if (is_array($value)) {
                    $value = $value['value'] ?? '';
                }
                $name = explode('|', (string) $name)[0];
                if (($column = self::own($name)) !== null) {
                    Capsule::table('tblhosting')->where('id', $this->service)->update([$column => $column === 'password' ? encrypt($value) : (string) $value]);
                    continue;
                }
                $product = Capsule::table('tblhosting')->where('id', $this->service)->value('packageid');
                $field = $this->field($name, $product) ?? Capsule::table('tblcustomfields')->insertGetId(['type' => 'product', 'relid' => $product, 'fieldname' => $name, 'fieldtype' => 'text', 'adminonly' => 'on']);
                Capsule::table('tblcustomfieldsvalues')->updateOrInsert(['fieldid' => $field, 'relid' => $this->service], ['value' => (string) $value]);
            }
            return true;
        }

        private function field(string $name, $product): ?int
        {
            foreach (rackloop_fields($product) as $field) {
                if (strcasecmp(explode('|', $field->fieldname)[0], $name) === 0) {
                    return (int) $field->id;
                }
            }
            return null;
        }

        public function get($name): string
        {
            if (($column = self::own((string) $name)) !== null) {
                $value = (string) Capsule::table('tblhosting')->where('id', $this->service)->value($column);
                return $column === 'password' ? decrypt($value) : $value;
            }
            $field = $this->field((string) $name, Capsule::table('tblhosting')->where('id', $this->service)->value('packageid'));
            return $field === null ? '' : (string) Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field)->where('relid', $this->service)->value('value');
        }

        public function __call(string $name, array $given)
        {
            throw \RackloopMissing::of("serviceProperties->$name()");
        }
    }

    class Service extends Model
    {
        protected const TABLE = 'tblhosting';
        protected const NAMES = ['clientId' => 'userid', 'productId' => 'packageid', 'serverId' => 'server', 'status' => 'domainstatus', 'orderId' => 'orderid', 'dedicatedIp' => 'dedicatedip', 'assignedIps' => 'assignedips'];

        public function serviceProperties(): Properties
        {
            return new Properties((int) $this->row['id']);
        }

        public function client(): \WHMCS\User\Client
        {
            return new \WHMCS\User\Client($this->row['userid']);
        }

        public function product(): \WHMCS\Product\Product
        {
            return new \WHMCS\Product\Product($this->row['packageid']);
        }

        public function serverModel(): \WHMCS\Product\Server
        {
            return new \WHMCS\Product\Server($this->row['server']);
        }

        public function order(): object
        {
            return Capsule::table('tblorders')->where('id', $this->row['orderid'])->first();
        }

        public function customFieldValues(): \Rackloop\Database\Collection
        {
            return Capsule::table('tblcustomfieldsvalues')->where('relid', $this->row['id'])->get();
        }
    }
}

namespace WHMCS\User {

    class Client extends \Rackloop\Model
    {
        protected const TABLE = 'tblclients';
        protected const NAMES = ['firstName' => 'firstname', 'lastName' => 'lastname', 'fullName' => 'firstname', 'companyName' => 'companyname', 'postcode' => 'postcode'];

        public function fullName(): string
        {
            return trim("{$this->row['firstname']} {$this->row['lastname']}");
        }

        public function services(): \Rackloop\Database\Collection
        {
            return \WHMCS\Service\Service::where('userid', $this->row['id'])->get();
        }
    }
}

namespace WHMCS\Product {

    class Product extends \Rackloop\Model
    {
        protected const TABLE = 'tblproducts';
        protected const NAMES = ['module' => 'servertype'];

        public function __get(string $name)
        {
            return preg_match('/^moduleConfigOption(\d+)$/', $name, $found) ? $this->row["configoption{$found[1]}"] : parent::__get($name);
        }
    }

    class Server extends \Rackloop\Model
    {
        protected const TABLE = 'tblservers';
        protected const NAMES = ['ipAddress' => 'ipaddress', 'accessHash' => 'accesshash'];
    }
}

namespace WHMCS\Config {

    use WHMCS\Database\Capsule;

    class Setting
    {
        public static function getValue(string $name)
        {
            return Capsule::table('tblconfiguration')->where('setting', $name)->value('value');
        }

        public static function setValue(string $name, $value): void
        {
            Capsule::table('tblconfiguration')->updateOrInsert(['setting' => $name], ['value' => $value]);
        }

        public static function __callStatic(string $name, array $given)
        {
            throw \RackloopMissing::of("WHMCS\\Config\\Setting::$name()");
        }
    }
}

namespace WHMCS\Exception {

    class Exception extends \Exception
    {
    }
}

namespace WHMCS\Exception\Module {

    class NotServicable extends \WHMCS\Exception\Exception
    {
    }

    class InvalidConfiguration extends \WHMCS\Exception\Exception
    {
    }
}
