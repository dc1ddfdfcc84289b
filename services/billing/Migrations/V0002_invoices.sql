-- The phase is what was decided; paid, partially paid and overdue follow from allocations and dates (D-08).
CREATE TABLE invoices (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  account_display_name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT NOT NULL,
  number TEXT,
  phase TEXT NOT NULL CHECK (phase IN ('draft', 'issued', 'void', 'uncollectible')),
  purchase_order TEXT NOT NULL,
  from_display_name TEXT NOT NULL,
  from_address TEXT NOT NULL,
  from_tax_number TEXT NOT NULL,
  to_display_name TEXT NOT NULL,
  to_address TEXT NOT NULL,
  to_tax_number TEXT NOT NULL,
  invoice_date TEXT,
  due_date TEXT NOT NULL,
  sales_representative TEXT NOT NULL,
  project TEXT NOT NULL,
  notes TEXT NOT NULL,
  discount BIGINT NOT NULL,
  total_price BIGINT NOT NULL,
  total_tax BIGINT NOT NULL,
  grand_total BIGINT NOT NULL,
  issued BIGINT,
  created BIGINT NOT NULL,
  version BIGINT NOT NULL,
  -- The invoice date, or the due date of a draft: what lists are ordered by.
  sort_date TEXT NOT NULL,
  PRIMARY KEY (tenant, account, id)
);

CREATE UNIQUE INDEX invoices_by_number ON invoices (tenant, number);
CREATE INDEX invoices_by_date ON invoices (tenant, sort_date, id);
CREATE INDEX invoices_by_account_and_date ON invoices (tenant, account, sort_date, id);

CREATE TABLE invoice_lines (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  invoice TEXT NOT NULL,
  position BIGINT NOT NULL,
  description TEXT NOT NULL,
  quantity_thousandths BIGINT NOT NULL,
  unit_price BIGINT NOT NULL,
  tax_rate_thousandths BIGINT NOT NULL,
  net_amount BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, invoice, position),
  FOREIGN KEY (tenant, account, invoice) REFERENCES invoices (tenant, account, id)
);

CREATE TABLE payments (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  payment_date TEXT NOT NULL,
  method TEXT NOT NULL,
  reference TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, id)
);

-- One payment may settle several invoices, and an invoice may take several payments (D-15).
CREATE TABLE payment_allocations (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  payment TEXT NOT NULL,
  invoice TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (tenant, account, payment, invoice),
  FOREIGN KEY (tenant, account, payment) REFERENCES payments (tenant, account, id),
  FOREIGN KEY (tenant, account, invoice) REFERENCES invoices (tenant, account, id)
);

CREATE INDEX payment_allocations_by_invoice ON payment_allocations (tenant, account, invoice);

-- The last number given in a series and year; its row is locked while an invoice is issued (D-11).
CREATE TABLE invoice_numbers (
  tenant TEXT NOT NULL,
  series TEXT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (tenant, series, year)
);
