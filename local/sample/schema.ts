/**
 * A table of the sample university: its DDL below the schema, and the SELECT that fills it from a
 * row of numbers `n` (1, 2, …).
 */
export interface SampleTable {
  name: string;
  ddl: string;
  rows: number;
  /** Columns and SELECT list over `seq.n`; deterministic arithmetic only. */
  columns: string;
  values: string;
}

const NAMES =
  "ELT(1 + n % 8, 'Ana Conceição', 'João Araújo', 'Márcia Brandão', 'Zé D''Ávila', 'Inês \"Nê\" Lemos', 'Cauã Müller', 'Þóra Ünal 🎓', 'Luís, o Moço')";
const SPREAD = '(n * 2654435761 % 4294967296)';

/** Twelve tables, one of a million rows, every common type. */
export const SAMPLE_TABLES: readonly SampleTable[] = [
  {
    name: 'cursos',
    rows: 40,
    ddl: "id SMALLINT UNSIGNED NOT NULL PRIMARY KEY, nome VARCHAR(80) NOT NULL COMMENT 'Nome do curso', grau ENUM('bacharelado','licenciatura','mestrado','doutorado') NOT NULL, turnos SET('manhã','tarde','noite') NOT NULL, creditos DECIMAL(6,2) NOT NULL, ativo TINYINT(1) NOT NULL, criado_em YEAR NOT NULL",
    columns: 'id, nome, grau, turnos, creditos, ativo, criado_em',
    values: "n, CONCAT('Curso nº ', n, ' – Ciências'), 1 + n % 4, 1 + n % 7, n * 3.25, n % 3, 1960 + n",
  },
  {
    name: 'professores',
    rows: 500,
    ddl: 'id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, nome VARCHAR(120) NOT NULL, salario DECIMAL(12,2), peso FLOAT, altura DOUBLE, nascimento DATE, contratado_em DATETIME(6), foto VARBINARY(64), INDEX (nome)',
    columns: 'id, nome, salario, peso, altura, nascimento, contratado_em, foto',
    values: `n, ${NAMES}, n * 137.89, 40 + n / 7, 1.5 + n / 997, DATE_ADD('1950-01-01', INTERVAL n * 17 DAY), DATE_ADD('1999-12-31 23:59:59.123456', INTERVAL n * 61 HOUR), UNHEX(MD5(n))`,
  },
  {
    name: 'alunos',
    rows: 20_000,
    ddl: 'id INT UNSIGNED NOT NULL PRIMARY KEY, matricula BIGINT UNSIGNED NOT NULL UNIQUE, nome VARCHAR(120) NOT NULL, email VARCHAR(120), nascimento DATE, curso SMALLINT UNSIGNED, observacao TEXT, atualizado TIMESTAMP(3) NULL',
    columns: 'id, matricula, nome, email, nascimento, curso, observacao, atualizado',
    values: `n, 18446744073709551615 - CAST(n AS UNSIGNED), ${NAMES}, IF(n % 5 = 0, NULL, CONCAT('aluno', n, '@exemplo.br')), DATE_ADD('1980-01-01', INTERVAL n % 9000 DAY), 1 + n % 40, ELT(1 + n % 6, '', NULL, 'linha um\\nlinha dois', 'com "aspas", e vírgulas', '\\\\N', 'fim\\r\\n'), FROM_UNIXTIME(1500000000 + n * 3600 + n % 1000 / 1000)`,
  },
  {
    name: 'disciplinas',
    rows: 300,
    ddl: 'codigo CHAR(8) NOT NULL PRIMARY KEY, nome VARCHAR(100) NOT NULL, carga_horaria MEDIUMINT NOT NULL, ementa LONGTEXT, requisitos JSON, horas_semana TIME NOT NULL, nome_upper VARCHAR(100) AS (UPPER(nome)) STORED',
    columns: 'codigo, nome, carga_horaria, ementa, requisitos, horas_semana',
    values: `CONCAT('D', LPAD(n, 7, '0')), CONCAT('Cálculo ', n), 30 + n % 90, REPEAT(CONCAT('Ementa “', n, '”. '), 1 + n % 40), JSON_OBJECT('anterior', n - 1, 'nota', n / 8, 'texto', 'ç"\\\\', 'lista', JSON_ARRAY(1, NULL, TRUE, 12345678901234567890)), SEC_TO_TIME(n * 211 % 86400)`,
  },
  {
    name: 'turmas',
    rows: 2_000,
    ddl: 'disciplina CHAR(8) NOT NULL, semestre CHAR(6) NOT NULL, numero TINYINT UNSIGNED NOT NULL, professor INT NOT NULL, vagas SMALLINT NOT NULL, flags BIT(5) NOT NULL, mascara BIT(64), PRIMARY KEY (disciplina, semestre, numero)',
    columns: 'disciplina, semestre, numero, professor, vagas, flags, mascara',
    values:
      "CONCAT('D', LPAD(1 + n % 300, 7, '0')), CONCAT(2015 + n DIV 300, '-', 1 + n % 2), n % 250, 1 + n % 500, 40 - n % 80, n % 32, 18446744073709551615 - CAST(n AS UNSIGNED) * 9007199254740993",
  },
  {
    name: 'notas',
    rows: 1_000_000,
    ddl: 'id BIGINT NOT NULL PRIMARY KEY, aluno INT UNSIGNED NOT NULL, disciplina CHAR(8) NOT NULL, semestre CHAR(6) NOT NULL, nota DECIMAL(4,2), faltas SMALLINT NOT NULL, situacao VARCHAR(20) NOT NULL, lancada_em DATETIME NOT NULL',
    columns: 'id, aluno, disciplina, semestre, nota, faltas, situacao, lancada_em',
    values: `n, 1 + ${SPREAD} % 20000, CONCAT('D', LPAD(1 + n % 300, 7, '0')), CONCAT(2010 + n % 15, '-', 1 + n % 2), IF(n % 17 = 0, NULL, ${SPREAD} % 1001 / 100), n % 30, ELT(1 + n % 4, 'aprovado', 'reprovado', 'em recuperação', 'trancado'), DATE_ADD('2010-01-01 08:00:00', INTERVAL n * 7 MINUTE)`,
  },
  {
    name: 'pagamentos',
    rows: 30_000,
    ddl: 'id BIGINT NOT NULL PRIMARY KEY, aluno INT UNSIGNED NOT NULL, valor DECIMAL(20,8) NOT NULL, taxa DECIMAL(38,20), pago_em TIMESTAMP(6) NULL, vencimento DATE NOT NULL, hash BINARY(20)',
    columns: 'id, aluno, valor, taxa, pago_em, vencimento, hash',
    values:
      "n * 10, 1 + n % 20000, n * 12345.67891234, n / 7, IF(n % 4 = 0, NULL, FROM_UNIXTIME(1600000000 + n * 1000)), IF(n % 1000 = 0, '0000-00-00', IF(n % 1001 = 0, '2024-02-00', DATE_ADD('2020-01-31', INTERVAL n % 1500 DAY))), UNHEX(SHA1(n))",
  },
  {
    name: 'bolsas',
    rows: 50,
    ddl: 'id TINYINT UNSIGNED NOT NULL PRIMARY KEY, descricao VARCHAR(60) NOT NULL, percentual DOUBLE NOT NULL, valido_ate DATETIME(3)',
    columns: 'id, descricao, percentual, valido_ate',
    values: "n, CONCAT('Bolsa ', n), 1 / n, IF(n % 7 = 0, '0000-00-00 00:00:00', '2030-12-31 23:59:59.999')",
  },
  {
    name: 'logs_acesso',
    rows: 50_000,
    ddl: 'momento DATETIME(6) NOT NULL, ip VARCHAR(45) NOT NULL, rota VARCHAR(200), bytes INT UNSIGNED',
    columns: 'momento, ip, rota, bytes',
    values: `DATE_ADD('2024-01-01', INTERVAL n * 1234567 MICROSECOND), CONCAT('10.', n % 256, '.', n % 100, '.1'), CONCAT('/alunos/', n % 700), ${SPREAD}`,
  },
  {
    name: 'emprestimos',
    rows: 10_000,
    ddl: 'id INT NOT NULL, ano SMALLINT NOT NULL, titulo VARCHAR(200) NOT NULL, devolvido TINYINT(1), PRIMARY KEY (id, ano)',
    columns: 'id, ano, titulo, devolvido',
    values:
      "n, 2018 + n % 6, CONCAT('Título nº ', n % 900, ' – ', UPPER('edição')), IF(n % 3 = 0, NULL, n % 2)",
  },
  {
    name: 'campus',
    rows: 12,
    ddl: 'id INT NOT NULL PRIMARY KEY, nome VARCHAR(50) NOT NULL, posicao POINT SRID 4326, logotipo MEDIUMBLOB',
    columns: 'id, nome, posicao, logotipo',
    values:
      "n, CONCAT('Câmpus ', n), ST_SRID(POINT(-47.06 + n / 100, -22.9 + n / 50), 4326), REPEAT(UNHEX(CONCAT('00FF', LPAD(HEX(n), 2, '0'))), 100)",
  },
  {
    name: 'documentos',
    rows: 0,
    ddl: 'id INT NOT NULL PRIMARY KEY, conteudo JSON, criado_em TIMESTAMP NULL',
    columns: 'id, conteudo, criado_em',
    values: 'n, NULL, NULL',
  },
];

/** Partitioning that cannot stand in the column list. */
export const PARTITIONS: Readonly<Record<string, string>> = {
  emprestimos:
    'PARTITION BY RANGE (ano) (PARTITION p2019 VALUES LESS THAN (2020), PARTITION p2021 VALUES LESS THAN (2022), PARTITION pmax VALUES LESS THAN MAXVALUE)',
};
