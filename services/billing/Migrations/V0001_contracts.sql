-- Amounts are minor units of the row's currency. The columns of a type that a contract does not have are NULL.
CREATE TABLE contracts (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  account_display_name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  display_name TEXT NOT NULL,
  reference_number TEXT NOT NULL,
  start_date TEXT NOT NULL,
  end_date TEXT,
  sla TEXT NOT NULL,
  currency TEXT,
  setup_fee BIGINT,
  is_default BOOLEAN NOT NULL,
  description TEXT NOT NULL,
  billing_information TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('time_and_materials', 'recurring', 'fixed_price', 'retainer_by_amount', 'retainer_by_hours')),
  cycle TEXT CHECK (cycle IN ('monthly', 'quarterly', 'yearly')),
  price BIGINT,
  bill_amount BIGINT,
  remaining_amount BIGINT,
  consumed_amount BIGINT,
  purchased_minutes BIGINT,
  consumed_minutes BIGINT,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, id)
);

CREATE INDEX contracts_by_name ON contracts (tenant, display_name, account, id);
CREATE INDEX contracts_by_account_and_name ON contracts (tenant, account, display_name, id);
