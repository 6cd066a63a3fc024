<?php
/* `WHMCS\Database\Capsule` on an SQLite file: the query builder, the schema builder and collections, as far as modules use them. */

namespace Rackloop\Database {

    use ArrayAccess;
    use ArrayIterator;
    use Closure;
    use Countable;
    use IteratorAggregate;
    use JsonSerializable;
    use PDO;
    use RackloopMissing;
    use Traversable;

    final class Raw
    {
        public function __construct(public string $sql)
        {
        }

        public function __toString(): string
        {
            return $this->sql;
        }
    }

    /** What `get` gives. */
    class Collection implements ArrayAccess, IteratorAggregate, Countable, JsonSerializable
    {
        public function __construct(protected array $items = [])
        {
        }

        public function all(): array
        {
            return $this->items;
        }

        public function toArray(): array
        {
            return array_map(fn ($each) => is_object($each) && method_exists($each, 'toArray') ? $each->toArray() : (is_object($each) ? (array) $each : $each), $this->items);
        }

        public function jsonSerialize(): array
        {
            return $this->toArray();
        }

        public function toJson(): string
        {
            return json_encode($this);
        }

        public function first(?callable $test = null, $default = null)
        {
            foreach ($this->items as $key => $item) {
                if ($test === null || $test($item, $key)) {
                    return $item;
                }
            }
            return $default;
        }

        public function last()
        {
            return $this->items === [] ? null : $this->items[array_key_last($this->items)];
        }

        public function map(callable $call): static
        {
            return new static(array_combine(array_keys($this->items), array_map($call, $this->items, array_keys($this->items))) ?: []);
        }

        public function filter(?callable $test = null): static
        {
            return new static($test === null ? array_filter($this->items) : array_filter($this->items, $test, ARRAY_FILTER_USE_BOTH));
        }

        public function each(callable $call): static
        {
            foreach ($this->items as $key => $item) {
                if ($call($item, $key) === false) {
                    break;
                }
            }
            return $this;
        }

        public function pluck(string $column, ?string $key = null): static
        {
            $found = [];
            foreach ($this->items as $item) {
                $row = (array) $item;
                $key === null ? $found[] = $row[$column] ?? null : $found[$row[$key]] = $row[$column] ?? null;
            }
            return new static($found);
        }

        public function keyBy(string $column): static
        {
            $found = [];
            foreach ($this->items as $item) {
                $found[((array) $item)[$column]] = $item;
            }
            return new static($found);
        }

        public function where(string $column, $value): static
        {
            return $this->filter(fn ($item) => ((array) $item)[$column] == $value);
        }

        public function contains($column, $value = null): bool
        {
            return func_num_args() === 1 ? in_array($column, $this->items) : $this->where($column, $value)->count() > 0;
        }

        public function implode(string $column, string $glue = ''): string
        {
            return func_num_args() === 1 ? implode($column, $this->items) : implode($glue, $this->pluck($column)->all());
        }

        public function values(): static
        {
            return new static(array_values($this->items));
        }

        public function keys(): static
        {
            return new static(array_keys($this->items));
        }

        public function isEmpty(): bool
        {
            return $this->items === [];
        }

        public function isNotEmpty(): bool
        {
            return $this->items !== [];
        }

        public function get($key, $default = null)
        {
            return $this->items[$key] ?? $default;
        }

        public function sum(string $column): float|int
        {
            return array_sum($this->pluck($column)->all());
        }

        public function unique(): static
        {
            return new static(array_unique($this->items, SORT_REGULAR));
        }

        public function count(): int
        {
            return count($this->items);
        }

        public function getIterator(): Traversable
        {
            return new ArrayIterator($this->items);
        }

        public function offsetExists(mixed $key): bool
        {
            return isset($this->items[$key]);
        }

        public function offsetGet(mixed $key): mixed
        {
            return $this->items[$key];
        }

        public function offsetSet(mixed $key, mixed $value): void
        {
            $key === null ? $this->items[] = $value : $this->items[$key] = $value;
        }

        public function offsetUnset(mixed $key): void
        {
            unset($this->items[$key]);
        }

        public function __call(string $name, array $given)
        {
            throw RackloopMissing::of("Collection::$name()");
        }
    }

    /** A connection: one file. */
    final class Connection
    {
        public function __construct(private PDO $pdo)
        {
        }

        public function getPdo(): PDO
        {
            return $this->pdo;
        }

        public function table($table): Builder
        {
            return new Builder($this->pdo, (string) $table);
        }

        public function run(string $sql, array $values = []): \PDOStatement
        {
            $statement = $this->pdo->prepare($sql);
            $statement->execute(array_map(fn ($each) => is_bool($each) ? (int) $each : $each, array_values($values)));
            return $statement;
        }

        public function select(string $sql, array $values = []): array
        {
            return $this->run($sql, $values)->fetchAll(PDO::FETCH_OBJ);
        }

        public function selectOne(string $sql, array $values = []): ?object
        {
            return $this->select($sql, $values)[0] ?? null;
        }

        public function insert(string $sql, array $values = []): bool
        {
            $this->run($sql, $values);
            return true;
        }

        public function statement(string $sql, array $values = []): bool
        {
            $this->run($sql, $values);
            return true;
        }

        public function unprepared(string $sql): bool
        {
            $this->pdo->exec($sql);
            return true;
        }

        public function update(string $sql, array $values = []): int
        {
            return $this->run($sql, $values)->rowCount();
        }

        public function delete(string $sql, array $values = []): int
        {
            return $this->run($sql, $values)->rowCount();
        }

        public function raw(string $sql): Raw
        {
            return new Raw($sql);
        }

        public function beginTransaction(): void
        {
            $this->pdo->beginTransaction();
        }

        public function commit(): void
        {
            $this->pdo->commit();
        }

        public function rollBack(): void
        {
            if ($this->pdo->inTransaction()) {
                $this->pdo->rollBack();
            }
        }

        public function transaction(Closure $work)
        {
            $this->beginTransaction();
            try {
                $result = $work($this);
                $this->commit();
                return $result;
            } catch (\Throwable $error) {
                $this->rollBack();
                throw $error;
            }
        }

        public function getSchemaBuilder(): Schema
        {
            return new Schema($this->pdo);
        }

        public function __call(string $name, array $given)
        {
            throw RackloopMissing::of("Capsule::connection()->$name()");
        }
    }

    /** One query on one table. */
    final class Builder
    {
        private array $columns = ['*'];
        private array $joins = [];
        private array $wheres = [];
        private array $values = [];
        private array $orders = [];
        private array $groups = [];
        private ?int $limit = null;
        private ?int $offset = null;
        private bool $distinct = false;

        public function __construct(private PDO $pdo, private string $table)
        {
        }

        private static function name(string|Raw $column): string
        {
            if ($column instanceof Raw || $column === '*') {
                return (string) $column;
            }
            if (preg_match('/^(.+)\s+as\s+(.+)$/i', $column, $both)) {
                return self::name(trim($both[1])) . ' AS ' . self::name(trim($both[2]));
            }
            return implode('.', array_map(fn ($part) => $part === '*' ? '*' : '"' . str_replace('"', '""', $part) . '"', explode('.', $column)));
        }

        public function select(...$columns): self
        {
            $this->columns = is_array($columns[0] ?? null) ? $columns[0] : $columns;
            return $this;
        }

        public function addSelect(...$columns): self
        {
            $this->columns = array_merge($this->columns === ['*'] ? [] : $this->columns, is_array($columns[0]) ? $columns[0] : $columns);
            return $this;
        }

        public function selectRaw(string $sql): self
        {
            $this->columns = [new Raw($sql)];
            return $this;
        }

        public function distinct(): self
        {
            $this->distinct = true;
            return $this;
        }

        private function add(string $glue, string $sql, array $values = []): self
        {
            $this->wheres[] = ($this->wheres === [] ? '' : "$glue ") . $sql;
            array_push($this->values, ...array_values($values));
            return $this;
        }

        private function condition(string $glue, array $given): self
        {
            [$column] = $given;
            if ($column instanceof Closure) {
                $inner = new self($this->pdo, $this->table);
                $column($inner);
                return $inner->wheres === [] ? $this : $this->add($glue, '(' . implode(' ', $inner->wheres) . ')', $inner->values);
            }
            if (is_array($column)) {
                $inner = new self($this->pdo, $this->table);
                foreach ($column as $name => $value) {
                    is_int($name) ? $inner->where(...$value) : $inner->where($name, $value);
                }
                return $this->add($glue, '(' . implode(' ', $inner->wheres) . ')', $inner->values);
            }
            [$operator, $value] = count($given) === 2 ? ['=', $given[1]] : [$given[1], $given[2]];
            $operator = strtoupper((string) $operator);
            if (!in_array($operator, ['=', '<', '>', '<=', '>=', '<>', '!=', 'LIKE', 'NOT LIKE'], true)) {
                throw RackloopMissing::of("the operator $operator of where()");
            }
            if ($value === null) {
                return $this->add($glue, self::name($column) . ($operator === '=' ? ' IS NULL' : ' IS NOT NULL'));
            }
            if ($value instanceof Raw) {
                return $this->add($glue, self::name($column) . " $operator $value");
            }
            // SQLite does not take 1 for '1' in columns without a type, and MySQL does.
            $compared = is_int($value) || is_bool($value) || (is_string($value) && preg_match('/^-?\d{1,15}$/', $value));
            if ($compared && in_array($operator, ['=', '<>', '!='], true)) {
                return $this->add($glue, 'CAST(' . self::name($column) . " AS TEXT) $operator ?", [(string) (int) $value]);
            }
            return $this->add($glue, self::name($column) . " $operator ?", [is_bool($value) ? (int) $value : $value]);
        }

        public function where(...$given): self
        {
            return $this->condition('AND', $given);
        }

        public function orWhere(...$given): self
        {
            return $this->condition('OR', $given);
        }

        public function whereIn(string $column, iterable $values, string $glue = 'AND', string $not = ''): self
        {
            $list = array_map('strval', is_array($values) ? array_values($values) : iterator_to_array($values, false));
            return $list === []
                ? $this->add($glue, $not === '' ? '0 = 1' : '1 = 1')
                : $this->add($glue, 'CAST(' . self::name($column) . " AS TEXT) {$not}IN (" . implode(', ', array_fill(0, count($list), '?')) . ')', $list);
        }

        public function whereNotIn(string $column, iterable $values): self
        {
            return $this->whereIn($column, $values, 'AND', 'NOT ');
        }

        public function orWhereIn(string $column, iterable $values): self
        {
            return $this->whereIn($column, $values, 'OR');
        }

        public function whereNull(string $column): self
        {
            return $this->add('AND', self::name($column) . ' IS NULL');
        }

        public function whereNotNull(string $column): self
        {
            return $this->add('AND', self::name($column) . ' IS NOT NULL');
        }

        public function orWhereNull(string $column): self
        {
            return $this->add('OR', self::name($column) . ' IS NULL');
        }

        public function whereBetween(string $column, array $between): self
        {
            return $this->add('AND', self::name($column) . ' BETWEEN ? AND ?', $between);
        }

        public function whereRaw(string $sql, array $values = []): self
        {
            return $this->add('AND', "($sql)", $values);
        }

        public function whereColumn(string $one, string $other): self
        {
            return $this->add('AND', self::name($one) . ' = ' . self::name($other));
        }

        public function join(string $table, $one, ?string $operator = null, ?string $other = null, string $kind = 'INNER'): self
        {
            if ($one instanceof Closure) {
                throw RackloopMissing::of('join() with a function');
            }
            if ($other === null) {
                [$operator, $other] = ['=', $operator];
            }
            $this->joins[] = "$kind JOIN " . self::name($table) . ' ON ' . self::name($one) . " $operator " . self::name($other);
            return $this;
        }

        public function leftJoin(string $table, $one, ?string $operator = null, ?string $other = null): self
        {
            return $this->join($table, $one, $operator, $other, 'LEFT');
        }

        public function orderBy($column, string $direction = 'asc'): self
        {
            $this->orders[] = self::name($column) . (strtolower($direction) === 'desc' ? ' DESC' : ' ASC');
            return $this;
        }

        public function orderByDesc($column): self
        {
            return $this->orderBy($column, 'desc');
        }

        public function latest(string $column = 'created_at'): self
        {
            return $this->orderBy($column, 'desc');
        }

        public function groupBy(...$columns): self
        {
            array_push($this->groups, ...array_map([self::class, 'name'], $columns));
            return $this;
        }

        public function limit(int $most): self
        {
            $this->limit = $most;
            return $this;
        }

        public function take(int $most): self
        {
            return $this->limit($most);
        }

        public function offset(int $from): self
        {
            $this->offset = $from;
            return $this;
        }

        public function skip(int $from): self
        {
            return $this->offset($from);
        }

        public function lockForUpdate(): self
        {
            return $this;
        }

        private function run(string $sql, array $values): \PDOStatement
        {
            $statement = $this->pdo->prepare($sql);
            $statement->execute(array_map(fn ($each) => is_bool($each) ? (int) $each : (is_array($each) ? json_encode($each) : (is_object($each) ? (string) $each : $each)), array_values($values)));
            return $statement;
        }

        private function tail(): string
        {
            return ($this->wheres === [] ? '' : ' WHERE ' . implode(' ', $this->wheres));
        }

        public function toSql(): string
        {
            return 'SELECT ' . ($this->distinct ? 'DISTINCT ' : '') . implode(', ', array_map([self::class, 'name'], $this->columns)) . ' FROM ' . self::name($this->table)
                . ($this->joins === [] ? '' : ' ' . implode(' ', $this->joins)) . $this->tail()
                . ($this->groups === [] ? '' : ' GROUP BY ' . implode(', ', $this->groups)) . ($this->orders === [] ? '' : ' ORDER BY ' . implode(', ', $this->orders))
                . ($this->limit === null && $this->offset === null ? '' : ' LIMIT ' . ($this->limit ?? -1)) . ($this->offset === null ? '' : " OFFSET {$this->offset}");
        }

        public function get($columns = null): Collection
        {
            if ($columns !== null) {
                $this->select(...(array) $columns);
            }
            return new Collection($this->run($this->toSql(), $this->values)->fetchAll(PDO::FETCH_OBJ));
        }

        public function first($columns = null): ?object
        {
            return $this->limit(1)->get($columns)->first();
        }

        public function find($id, $columns = null): ?object
        {
            return $this->where('id', $id)->first($columns);
        }

        public function value(string $column)
        {
            $row = $this->select($column)->limit(1)->get()->first();
            return $row === null ? null : array_values((array) $row)[0];
        }

        public function pluck(string $column, ?string $key = null): Collection
        {
            $rows = $this->select(...array_filter([$column, $key]))->get();
            $last = fn (?string $name) => $name === null ? null : preg_replace('/^.*\./', '', $name);
            return $rows->pluck($last($column), $last($key));
        }

        public function lists(string $column, ?string $key = null): Collection
        {
            return $this->pluck($column, $key);
        }

        private function aggregate(string $function, string $column)
        {
            $query = clone $this;
            $query->columns = [new Raw("$function(" . self::name($column) . ') AS aggregate')];
            $query->orders = [];
            return $query->get()->first()->aggregate;
        }

        public function count(string $column = '*'): int
        {
            return (int) $this->aggregate('COUNT', $column);
        }

        public function exists(): bool
        {
            return $this->count() > 0;
        }

        public function doesntExist(): bool
        {
            return !$this->exists();
        }

        public function max(string $column)
        {
            return $this->aggregate('MAX', $column);
        }

        public function min(string $column)
        {
            return $this->aggregate('MIN', $column);
        }

        public function sum(string $column)
        {
            return $this->aggregate('SUM', $column) ?? 0;
        }

        public function avg(string $column)
        {
            return $this->aggregate('AVG', $column);
        }

        public function insert(array $rows): bool
        {
            foreach (is_array(reset($rows)) ? $rows : [$rows] as $row) {
                $this->run('INSERT INTO ' . self::name($this->table) . ' (' . implode(', ', array_map([self::class, 'name'], array_keys($row))) . ') VALUES ('
                    . implode(', ', array_map(fn ($each) => $each instanceof Raw ? (string) $each : '?', array_values($row))) . ')', array_filter(array_values($row), fn ($each) => !$each instanceof Raw));
            }
            return true;
        }

        public function insertGetId(array $row): int
        {
            $this->insert($row);
            return (int) $this->pdo->lastInsertId();
        }

        public function insertOrIgnore(array $row): int
        {
            try {
                $this->insert($row);
                return 1;
            } catch (\PDOException) {
                return 0;
            }
        }

        public function update(array $row): int
        {
            $sets = [];
            $values = [];
            foreach ($row as $column => $value) {
                $sets[] = self::name($column) . ' = ' . ($value instanceof Raw ? (string) $value : '?');
                if (!$value instanceof Raw) {
                    $values[] = $value;
                }
            }
            return $this->run('UPDATE ' . self::name($this->table) . ' SET ' . implode(', ', $sets) . $this->tail(), [...$values, ...$this->values])->rowCount();
        }

        public function updateOrInsert(array $match, array $values = []): bool
        {
            $query = new self($this->pdo, $this->table);
            $query->where($match);
            return $query->exists() ? ($values === [] || $query->update($values) >= 0) : $this->insert($match + $values);
        }

        public function increment(string $column, $by = 1): int
        {
            return $this->update([$column => new Raw(self::name($column) . ' + ' . (float) $by)]);
        }

        public function decrement(string $column, $by = 1): int
        {
            return $this->increment($column, -$by);
        }

        public function delete($id = null): int
        {
            if ($id !== null) {
                $this->where('id', $id);
            }
            return $this->run('DELETE FROM ' . self::name($this->table) . $this->tail(), $this->values)->rowCount();
        }

        public function truncate(): void
        {
            $this->pdo->exec('DELETE FROM ' . self::name($this->table));
        }

        public function __call(string $name, array $given)
        {
            throw RackloopMissing::of("Capsule::table()->$name()");
        }
    }

    /** Columns of a table that is being made. What they are called is kept, of their types nothing: SQLite does not mind. */
    final class Blueprint
    {
        public array $columns = [];
        public array $unique = [];
        public array $dropped = [];
        private ?string $last = null;

        public function __call(string $name, array $given): self
        {
            $modifiers = ['nullable', 'unsigned', 'index', 'comment', 'after', 'charset', 'collation', 'references', 'on', 'onDelete', 'onUpdate', 'foreign', 'primary', 'change', 'useCurrent', 'first'];
            if (in_array($name, ['increments', 'bigIncrements', 'id', 'mediumIncrements'], true)) {
                $this->columns[$given[0] ?? 'id'] = 'INTEGER PRIMARY KEY AUTOINCREMENT';
            } elseif ($name === 'timestamps' || $name === 'nullableTimestamps') {
                $this->columns += ['created_at' => '', 'updated_at' => ''];
            } elseif ($name === 'softDeletes') {
                $this->columns += ['deleted_at' => ''];
            } elseif ($name === 'default') {
                $value = $given[0] instanceof Raw ? null : $given[0];
                $this->columns[$this->last] .= $value === null ? '' : ' DEFAULT ' . (is_string($value) ? "'" . str_replace("'", "''", $value) . "'" : (string) (float) $value);
            } elseif ($name === 'unique') {
                $this->unique[] = (array) ($given[0] ?? $this->last);
            } elseif ($name === 'dropColumn') {
                array_push($this->dropped, ...(array) $given[0]);
            } elseif (in_array($name, $modifiers, true)) {
                return $this;
            } elseif (is_string($given[0] ?? null) && preg_match('/^(tiny|small|medium|big|unsigned)?\w*(integer|string|text|char|boolean|date|time|timestamp|decimal|float|double|json|enum|binary|uuid)\w*$/i', $name)) {
                $this->last = $given[0];
                $kind = preg_match('/integer|boolean/i', $name) ? 'INTEGER' : (preg_match('/decimal|float|double/i', $name) ? 'REAL' : 'TEXT');
                $this->columns[$given[0]] = $kind;
            } else {
                throw RackloopMissing::of("$name() of a table's blueprint");
            }
            return $this;
        }
    }

    final class Schema
    {
        public function __construct(private PDO $pdo)
        {
        }

        public function hasTable(string $table): bool
        {
            $found = $this->pdo->prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
            $found->execute([$table]);
            return $found->fetchColumn() !== false;
        }

        public function getColumnListing(string $table): array
        {
            return array_column($this->pdo->query('PRAGMA table_info("' . str_replace('"', '', $table) . '")')->fetchAll(PDO::FETCH_ASSOC), 'name');
        }

        public function hasColumn(string $table, string $column): bool
        {
            return in_array(strtolower($column), array_map('strtolower', $this->getColumnListing($table)), true);
        }

        public function create(string $table, Closure $describe): void
        {
            $blueprint = new Blueprint();
            $describe($blueprint);
            $lines = [];
            foreach ($blueprint->columns as $name => $kind) {
                $lines[] = "\"$name\" $kind";
            }
            foreach ($blueprint->unique as $columns) {
                $lines[] = 'UNIQUE ("' . implode('", "', $columns) . '")';
            }
            $this->pdo->exec("CREATE TABLE \"$table\" (" . implode(', ', $lines) . ')');
        }

        public function table(string $table, Closure $describe): void
        {
            $blueprint = new Blueprint();
            $describe($blueprint);
            foreach ($blueprint->columns as $name => $kind) {
                $this->pdo->exec("ALTER TABLE \"$table\" ADD COLUMN \"$name\" $kind");
            }
            foreach ($blueprint->dropped as $name) {
                $this->pdo->exec("ALTER TABLE \"$table\" DROP COLUMN \"$name\"");
            }
        }

        public function drop(string $table): void
        {
            $this->pdo->exec("DROP TABLE \"$table\"");
        }

        public function dropIfExists(string $table): void
        {
            $this->pdo->exec("DROP TABLE IF EXISTS \"$table\"");
        }

        public function __call(string $name, array $given)
        {
            throw RackloopMissing::of("Capsule::schema()->$name()");
        }
    }
}

namespace WHMCS\Database {

    use Rackloop\Database\Connection;
    use Rackloop\Database\Schema;

    class Capsule
    {
        private static ?Connection $connection = null;

        public static function connection($name = null): Connection
        {
            if (self::$connection === null) {
                $pdo = new \PDO('sqlite:' . ROOTDIR . '/whmcs.sqlite', null, null, [\PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION]);
                $pdo->exec('PRAGMA busy_timeout = 30000');
                $pdo->exec('PRAGMA synchronous = OFF');
                $pdo->sqliteCreateFunction('NOW', fn () => date('Y-m-d H:i:s'));
                $pdo->sqliteCreateFunction('CURDATE', fn () => date('Y-m-d'));
                $pdo->sqliteCreateFunction('UNIX_TIMESTAMP', fn () => time());
                $pdo->sqliteCreateFunction('CONCAT', fn (...$parts) => implode('', $parts));
                self::$connection = new Connection($pdo);
            }
            return self::$connection;
        }

        public static function schema($name = null): Schema
        {
            return self::connection()->getSchemaBuilder();
        }

        public static function __callStatic(string $name, array $given)
        {
            return self::connection()->$name(...$given);
        }

        public function __call(string $name, array $given)
        {
            return self::connection()->$name(...$given);
        }
    }
}

namespace {
    class_alias(WHMCS\Database\Capsule::class, 'Illuminate\Database\Capsule\Manager');
    class_alias(Rackloop\Database\Collection::class, 'Illuminate\Support\Collection');
}
