-- The roles of docs/decisions/0402 and a database a service. Run once, as a superuser, in a new cluster.
CREATE ROLE portico_owner LOGIN;
CREATE ROLE portico_jobs NOLOGIN;
CREATE ROLE portico_app LOGIN NOINHERIT;
GRANT portico_jobs TO portico_app;
CREATE DATABASE identity OWNER portico_owner TEMPLATE template0 LOCALE 'C.UTF-8';
CREATE DATABASE ticketing OWNER portico_owner TEMPLATE template0 LOCALE 'C.UTF-8';
CREATE DATABASE messaging OWNER portico_owner TEMPLATE template0 LOCALE 'C.UTF-8';
CREATE DATABASE billing OWNER portico_owner TEMPLATE template0 LOCALE 'C.UTF-8';
CREATE DATABASE cms OWNER portico_owner TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE CONNECT ON DATABASE identity, ticketing, messaging, billing, cms FROM PUBLIC;
GRANT CONNECT ON DATABASE identity, ticketing, messaging, billing, cms TO portico_app;
