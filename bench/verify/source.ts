import type { Connection } from 'mysql2/promise';
import { connectAsAdmin } from '../../local/mysql/admin.ts';

const CONNECTIONS = 4;
const BATCH = 50;

/** As tables of universities are: a key, foreign keys in two indexes, text, money, times. */
const COLUMNS = `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, aluno_id INT NOT NULL, curso_id INT, nome VARCHAR(120),
  situacao ENUM('ativo', 'inativo') NOT NULL DEFAULT 'ativo', valor DECIMAL(12, 2), observacao TEXT, nascimento DATE,
  criado_em DATETIME(6), alterado_em TIMESTAMP NULL, KEY por_aluno (aluno_id), KEY por_curso (curso_id, situacao)`;

export function connect(env: Record<string, string>): Promise<Connection> {
  return connectAsAdmin(env, { multipleStatements: true });
}

/** Makes `count` tables of ten columns each. */
export async function createTables(
  env: Record<string, string>,
  { schema, count }: { schema: string; count: number },
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(env)));
  await connections[0]?.query(`CREATE DATABASE ${schema}`);
  await Promise.all(
    connections.map(async (connection, first) => {
      for (let start = first * BATCH; start < count; start += CONNECTIONS * BATCH) {
        const numbers = Array.from({ length: Math.min(BATCH, count - start) }, (_, index) => start + index);
        const statements = numbers.map((number) => `CREATE TABLE ${schema}.tabela_${number} (${COLUMNS})`);
        await connection.query(statements.join(';'));
      }
      await connection.end();
    }),
  );
}
